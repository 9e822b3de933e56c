"""Support: when somebody is there, what people ask for, and how operators answer."""
